import { afterAll, beforeAll, describe } from 'vitest'
import { transportContract } from './contract.js'

let n = 0
transportContract('tcp over IPv4', () => 'tcp://127.0.0.1:0')
transportContract('tcp over IPv6', () => 'tcp://[::1]:0')
transportContract('tcp by host name', () => 'tcp://localhost:0')
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
