// Asks a node of its own once and leaves all open: the server unreferenced, the pool idle.
import { createLogger } from '../../../src/log/log.ts'
import { ConnectionPool } from '../../../src/rpc/pool.ts'
import { Server } from '../../../src/rpc/server.ts'

const handlers = { wait: () => new Promise((resolve) => setTimeout(resolve, 300, { waited: true })) }
const checks = { wait: () => undefined }
const server = new Server({ name: 'node', logger: createLogger('node'), handlers, checks })
const address = await server.listen('tcp://127.0.0.1:0')
server.unref()
const reply = await new ConnectionPool().request(address, 'wait')
process.stdout.write(JSON.stringify(reply))
