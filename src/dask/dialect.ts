import type { WorkerInfo } from '../protocol/messages.js'
import type { Foreign, StreamLine } from '../rpc/foreign.js'
import { DaskCaller } from './client/requests.js'
import { openClientStream } from './client/stream.js'
import { learnFamily } from './wire/serialized.js'
import { WorkerAnswerer } from './worker/answers.js'
import { openWorkerStream } from './worker/stream.js'

learnFamily()

/** How stock Dask nodes are spoken with. */
export const dask: Foreign = {
  caller: () => new DaskCaller(),
  answerer: () => new WorkerAnswerer(),
  openStream: async (op: string, ask: object, line: StreamLine) =>
    op === 'register-client'
      ? await openClientStream(String(Reflect.get(ask, 'client')), line)
      : await openWorkerStream(ask as WorkerInfo, line),
}
