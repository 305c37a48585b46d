import { HeddleError } from '../errors.js'
import type { Foreign, StreamLine } from '../rpc/foreign.js'
import { DaskCaller } from './client/requests.js'
import { openClientStream } from './client/stream.js'
import { learnFamily } from './wire/serialized.js'

learnFamily()

/** How stock Dask nodes are spoken with. */
export const dask: Foreign = {
  caller: () => new DaskCaller(),
  openStream: async (op: string, ask: object, line: StreamLine) => {
    if (op === 'register-client') return await openClientStream(String(Reflect.get(ask, 'client')), line)
    const text = `${line.peer} is a Dask scheduler, which this version joins as a client only: see docs/dask.md`
    throw new HeddleError('HEDDLE_DASK', text)
  },
}
