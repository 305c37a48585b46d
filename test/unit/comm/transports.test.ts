import { afterAll, beforeAll, describe } from 'vitest'
import { TlsCredentials } from '../../../src/comm/tls-credentials.js'
import { transportContract } from './contract.js'
import { tlsOf } from './tls-files.js'

let n = 0
transportContract('tcp over IPv4', () => 'tcp://127.0.0.1:0')
transportContract('tcp over IPv6', () => 'tcp://[::1]:0')
transportContract('tcp by host name', () => 'tcp://localhost:0')
transportContract('tls', () => 'tls://127.0.0.1:0', { tls: TlsCredentials.read(tlsOf('node')) })
transportContract('inproc', () => `inproc://contract-${++n}`)

describe('without Unix sockets', () => {
  beforeAll(() => {
    process.env.HEDDLE_UNIX_SOCKETS = 'off'
  })
  afterAll(() => {
    delete process.env.HEDDLE_UNIX_SOCKETS
  })
  transportContract('tcp alone', () => 'tcp://127.0.0.1:0')
})
