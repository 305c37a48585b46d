import { mapForDebuggers } from '../code/compile.js'
import { originalOf, rememberOriginals } from '../code/identity.js'
import type { MakeTaskClients } from '../code/task-clients.js'
import { Scheduler } from '../scheduler/scheduler.js'
import { InlineExecutor } from '../worker/executor/inline-executor.js'
import { Worker } from '../worker/worker.js'

/** A scheduler and a worker that runs tasks in this very thread: functions themselves, where the program has them. */
export async function startInline(
  clients: MakeTaskClients,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  rememberOriginals()
  mapForDebuggers()
  const scheduler = new Scheduler({ port: 0 })
  await scheduler.start()
  scheduler.unref()
  const executor = new InlineExecutor({
    workerName: 'inline',
    original: originalOf,
    scheduler: scheduler.address,
    clients,
  })
  const worker = await new Worker(scheduler.address, { name: 'inline', executor }).start().catch(async (error) => {
    await scheduler.close()
    throw error
  })
  return {
    address: scheduler.address,
    close: async () => {
      await worker.close('the inline client was closed')
      await scheduler.close()
    },
  }
}
