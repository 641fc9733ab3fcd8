// A plain gateway in Go: the standard library's reverse proxy with warm connections, and nothing else on the path.
//
//	main LISTEN TARGET, such as: main 127.0.0.1:8080 http://127.0.0.1:9001
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: main LISTEN TARGET")
	}
	target, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024}
	log.Fatal(http.ListenAndServe(os.Args[1], proxy))
}
