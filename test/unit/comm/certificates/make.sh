#!/bin/sh
# Makes the certificates of the tests: two authorities, a node of each, and a node whose time is over. Needs openssl.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
cat >ca.cnf <<'END'
[ca]
default_ca = any
[any]
database = index
new_certs_dir = .
default_md = sha256
policy = names
unique_subject = no
rand_serial = yes
[names]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
[node]
basicConstraints = CA:false
[req]
distinguished_name = names
END
: >index
key() {
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1-key.pem"
  openssl req -new -config ca.cnf -key "$1-key.pem" -subj "/CN=$1" -out "$1.csr"
}
sign() { # name, authority, kind, last day
  openssl ca -batch -notext -config ca.cnf -extensions "$3" -startdate 20200101000000Z -enddate "$4" $5 \
    -keyfile "$2-key.pem" -in "$1.csr" -out "$1.pem" 2>/dev/null
}
authority() {
  key "$1"
  sign "$1" "$1" authority 21200101000000Z -selfsign
}
node() {
  key "$1"
  sign "$1" "$2" node "$3" "-cert $2.pem"
}
authority authority
authority stranger-authority
node node authority 21200101000000Z
node stranger stranger-authority 21200101000000Z
node expired authority 20210101000000Z
cp authority.pem stranger-authority.pem node.pem node-key.pem stranger.pem stranger-key.pem expired.pem expired-key.pem "$here"
rm -r "$work"
