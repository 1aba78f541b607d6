-- A TLS server on Haskell's tls; a thread for each connection: ADDRESS PORT CERTIFICATE KEY
module Main (main) where

import Control.Concurrent (forkIO)
import Control.Exception (SomeException, try)
import Control.Monad (forever, void)
import Data.Default.Class (def)
import qualified Data.ByteString.Lazy.Char8 as Lazy
import Network.Socket
import Network.TLS
import Network.TLS.Extra.Cipher (ciphersuite_default)
import System.Environment (getArgs)

main :: IO ()
main = do
  [address, port, certificate, key] <- getArgs
  loaded <- credentialLoadX509 certificate key
  credential <- either error pure loaded
  let parameters =
        def
          { serverShared = def {sharedCredentials = Credentials [credential]},
            serverSupported = def {supportedCiphers = ciphersuite_default}
          }
  place : _ <- getAddrInfo (Just defaultHints {addrSocketType = Stream}) (Just address) (Just port)
  listener <- socket (addrFamily place) Stream defaultProtocol
  setSocketOption listener ReuseAddr 1
  bind listener (addrAddress place)
  listen listener 512
  forever $ do
    (connection, _) <- accept listener
    void . forkIO $ do
      _ <- try (serve parameters connection) :: IO (Either SomeException ())
      close connection

serve :: ServerParams -> Socket -> IO ()
serve parameters connection = do
  tls <- contextNew connection parameters
  handshake tls
  _ <- recvData tls
  sendData tls (Lazy.pack "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
  bye tls
