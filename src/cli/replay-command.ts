import type { Command } from 'commander'
import { type TlsFlags, tlsIn, withTlsOptions } from './common-options.js'
import { parsePort } from './parse.js'

interface ReplayOptions extends TlsFlags {
  scheduler?: string
  inspectBrk?: number | true
}

/** `heddle replay KEY`: a task once more, in this process. */
export function addReplayCommand(program: Command): void {
  const command = program
    .command('replay')
    .description('run a task that failed once more, here, with the same code and inputs')
    .argument('<key>', 'its key, as errors and logs name it')
    .option('--scheduler <address>', 'as HOST:PORT (default: HEDDLE_SCHEDULER)')
    .option('--inspect-brk [port]', 'wait for a debugger, and stop before the function is called', parsePort)
  withTlsOptions(command).action(runReplay)
}

async function runReplay(key: string, { scheduler, inspectBrk, ...files }: ReplayOptions): Promise<void> {
  const { replay } = await import('../cluster/replay.js')
  const inspect = inspectBrk === undefined ? {} : { inspectPort: inspectBrk === true ? 9229 : inspectBrk }
  const options = { ...inspect, tls: tlsIn(files) }
  await replay(scheduler ?? process.env.HEDDLE_SCHEDULER ?? '127.0.0.1:8786', key, options)
}
