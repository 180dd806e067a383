// Asks for a URL over HTTP/3: ADDRESS SERVER_NAME ROOT_FILE PATH. Prints protocol, status and body.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

func main() {
	address, name, root, path := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	pem, err := os.ReadFile(root)
	end(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http3.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		Dial: func(ctx context.Context, _ string, tlsConfig *tls.Config, config *quic.Config) (*quic.Conn, error) {
			return quic.DialAddr(ctx, address, tlsConfig, config)
		},
	}
	response, err := (&http.Client{Transport: transport}).Get("https://" + name + path)
	end(err)
	body, err := io.ReadAll(response.Body)
	end(err)
	// Else the server waits for a while for more of this connection.
	end(transport.Close())
	fmt.Printf("%s %d %s", response.Proto, response.StatusCode, body)
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
