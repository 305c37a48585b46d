import { requestContract } from './contract.js'

let n = 0
requestContract('tcp', () => 'tcp://127.0.0.1:0')
requestContract('inproc', () => `inproc://requests-${++n}`)
