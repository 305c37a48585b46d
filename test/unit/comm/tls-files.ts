import { fileURLToPath } from 'node:url'
import type { TlsOptions } from '../../../src/comm/tls-credentials.js'

/** A file of `certificates`, which its `make.sh` has made. */
export function certificate(name: string): string {
  return fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url))
}

/** What that node shows, and whom it believes. */
export function tlsOf(node: 'node' | 'stranger' | 'expired', authority = 'authority'): TlsOptions {
  return { ca: certificate(authority), cert: certificate(node), key: certificate(`${node}-key`) }
}
