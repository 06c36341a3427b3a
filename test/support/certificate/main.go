// Writes a CA and a certificate that it signed, for both ends of a connection, into a folder: ca.crt, tls.crt, tls.key.
// Usage: go run main.go FOLDER NAME
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func write(folder, name, kind string, der []byte) {
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(filepath.Join(folder, name), block, 0o600); err != nil {
		log.Fatal(err)
	}
}

func main() {
	folder, name := os.Args[1], os.Args[2]
	from := time.Now().Add(-time.Hour)
	authorityKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test"},
		NotBefore:             from,
		NotAfter:              from.Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	authorityDer := must(x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey))
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    from,
		NotAfter:     from.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	leafDer := must(x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, authorityKey))
	write(folder, "ca.crt", "CERTIFICATE", authorityDer)
	write(folder, "tls.crt", "CERTIFICATE", leafDer)
	write(folder, "tls.key", "EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))
}
