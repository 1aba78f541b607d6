// A TLS server on Go's crypto/tls: ADDRESS PORT CERTIFICATE KEY default|1.2|1.0
package main

import (
	"crypto/tls"
	"log"
	"net"
	"os"
)

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[3], os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	switch os.Args[5] {
	case "1.2":
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	case "1.0":
		config.MinVersion = tls.VersionTLS10
		for _, each := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			config.CipherSuites = append(config.CipherSuites, each.ID)
		}
	}
	listener, err := tls.Listen("tcp", os.Args[1]+":"+os.Args[2], config)
	if err != nil {
		log.Fatal(err)
	}
	for {
		if connection, err := listener.Accept(); err == nil {
			go serve(connection)
		}
	}
}

// A client may leave at any point of it.
func serve(connection net.Conn) {
	defer connection.Close()
	if _, err := connection.Read(make([]byte, 4096)); err == nil {
		connection.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"))
	}
}
