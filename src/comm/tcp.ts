import type { Transport } from './comm.js'
import { connectTcp } from './tcp-connect.js'
import { listenTcp } from './tcp-listen.js'

/** Plain TCP. */
export const tcp: Transport = { scheme: 'tcp', connect: connectTcp, listen: listenTcp }
