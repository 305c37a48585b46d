/**
 * The page's first example: collect data from one worker and send it to another. Start a center and two workers, then
 * say where the workers are:
 *
 *   npx heddle center & npx heddle worker 127.0.0.1:8787 & npx heddle worker 127.0.0.1:8787 &
 *   npx tsx examples/serve-data.ts 127.0.0.1:PORT 127.0.0.1:PORT
 */
import { rpc, type WorkerApi } from 'heddle'

const [, , alicesAddress = '', bobsAddress = ''] = process.argv

const alice = rpc<WorkerApi>(alicesAddress)
await alice.updateData({ data: { x: new Float64Array([1, 2, 3]), y: [{ name: 'Ada' }, { name: 'Grace' }] } })

const d = await alice.getData({ keys: ['x', 'y'] })
const bob = rpc<WorkerApi>(bobsAddress)
const { nbytes } = await bob.updateData({ data: d })

console.log('bob was given', { ...nbytes })
console.log('bob holds', (await bob.keys()).sort().join(', '))
await Promise.all([alice.close(), bob.close()])
