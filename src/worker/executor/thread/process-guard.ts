import type { Key } from '../../../protocol/names.js'
import type { ThreadFlags } from '../flags.js'
import type { FromThread, PostedResult } from '../thread-messages.js'
import { currentTask } from './task-runner.js'

export interface ProcessGuard {
  readonly flags: ThreadFlags
  post(message: FromThread): void
  /** An error that nobody caught, as it is told to main; nothing more is to be begun here. */
  onCrash(error: unknown): PostedResult
}

/** What user code does to the process concerns this thread alone, and main is told whose task it was. */
export function guardProcess({ flags, post, onCrash }: ProcessGuard): void {
  const { exit, dlopen } = process
  process.exit = ((code?: number) => {
    flags.noteHeap(process.memoryUsage().heapUsed)
    post({ op: 'exiting', ...whose(), code: Number(code ?? process.exitCode ?? 0) })
    exit(code)
  }) as typeof process.exit
  process.dlopen = (...args: Parameters<typeof dlopen>) => {
    flags.noteAddon()
    dlopen.apply(process, args)
  }
  process.on('uncaughtException', (error) => {
    flags.noteHeap(process.memoryUsage().heapUsed)
    post({ op: 'crashed', ...whose(), error: onCrash(error) })
  })
}

/** The task that is to blame for what happens now, though it may be over. */
function whose(): { id: number | undefined; key: Key | undefined } {
  const task = currentTask()
  return { id: task?.id, key: task?.key }
}
