"""What a server says of itself to any anonymous client: conversations to have once TLS stands.

Never a credential: the NTLM message that is sent names no user and proves nothing.
"""
