"""One file per question asked of a server; each turns answers into facts and judges nothing."""
