import { type Command, Option } from 'commander'
import { checkThresholds } from '../config/memory-thresholds.js'
import { OptionError } from '../errors.js'
import { createLogger } from '../log/log.js'
import { Nanny } from '../nanny/nanny.js'
import { applyCommonOptions, oldSpelling, withCommonOptions } from './common-options.js'
import { parseCount, parseDuration, parsePort, parsePorts, parseResources, parseShare } from './parse.js'
import { runUntilSignal } from './run.js'
import { type PlannedWorker, planWorkers, type WorkerCommandOptions } from './worker-options.js'

/** Leaves time, within a second of the signal, for those that have to be killed. */
const STOP_GRACE_MS = 600

/** `heddle worker ADDRESS`: this process looks after the workers, which are processes of their own. */
export function addWorkerCommand(program: Command): void {
  withCommonOptions(program.command('worker'))
    .description('start workers that keep data and run tasks')
    .argument('[address]', 'the scheduler or center, as HOST:PORT (default: HEDDLE_SCHEDULER)')
    .option('--nworkers <n>', 'worker processes (default: one for each 8 cores)', parseCount)
    .option('--nthreads <n>', 'threads of each worker (default: the cores, shared)', parseCount)
    .option('--name <name>', 'what to call it; with several workers NAME-0, NAME-1, …')
    .option('--memory-limit <size>', "memory of each worker: '4GB', a share as 0.5, 'none' (default: all, shared)")
    .option('--memory-target <share>', 'of the limit; results beyond it go to disk (default: 0.6)', parseShare)
    .option('--memory-spill <share>', 'the same for all memory in use (default: 0.7)', parseShare)
    .option('--memory-pause <share>', 'beyond it no task is started (default: 0.8)', parseShare)
    .option('--memory-terminate <share>', 'beyond it the worker is ended and started again (default: 0.95)', parseShare)
    .option('--max-spill <size>', "what a worker may have on disk: '4GB' (default: as much as there is room for)")
    .option('--local-directory <path>', 'where workers make their scratch directories (default: the system’s)')
    .addOption(new Option('--isolation <what>', 'what tasks run in (default: thread)').choices(['thread', 'process']))
    .option('--resources <list>', "what tasks may ask for, as in 'gpu=2 mem=10e9'", parseResources)
    .option('--worker-port <ports>', 'port, or range as 9000:9026, to listen at (default: any free)', parsePorts)
    .option('--http-port <port>', "port of the worker's web pages (default: no pages)", parsePort)
    .option('--death-timeout <duration>', 'give up when the scheduler is out of reach for this long', parseDuration)
    .option('--nanny', 'restart workers that die', true)
    .option('--no-nanny', 'run the one worker in this very process')
    .addOption(oldSpelling('--port <ports>', parsePorts))
    .addOption(oldSpelling('--nprocs <n>', parseCount))
    .addOption(oldSpelling('--ncores <n>', parseCount))
    .addOption(oldSpelling('--memory-target-fraction <share>', parseShare))
    .addOption(oldSpelling('--memory-spill-fraction <share>', parseShare))
    .addOption(oldSpelling('--memory-pause-fraction <share>', parseShare))
    .addOption(oldSpelling('--local-dir <path>'))
    .addOption(oldSpelling('--nanny-port <port>', parsePort))
    .action(runWorker)
}

async function runWorker(address: string | undefined, options: WorkerCommandOptions): Promise<void> {
  const scheduler = address ?? process.env.HEDDLE_SCHEDULER
  if (!scheduler)
    throw new OptionError('address', 'whose worker? Name a scheduler, as in 127.0.0.1:8786, or set HEDDLE_SCHEDULER')
  const planned = planWorkers(options)
  await applyCommonOptions(options, { preloadHere: false })
  const [first] = planned as [PlannedWorker]
  await (options.nanny ? runUnderNanny(scheduler, planned, first.localDirectory) : runHere(scheduler, first))
}

async function runUnderNanny(scheduler: string, planned: PlannedWorker[], scratchIn?: string): Promise<void> {
  const entry = new URL('../cluster/worker-process.js', import.meta.url)
  const { terminate } = checkThresholds(planned[0] ?? {})
  const logger = createLogger('nanny')
  const nanny = new Nanny({ entry, scratchIn, logger, stopGraceMs: STOP_GRACE_MS, terminateAt: terminate })
  const spawn = (worker: PlannedWorker, i: number) => {
    const spec = { id: worker.name ?? String(i), memoryLimit: worker.memoryLimit }
    return nanny.spawn(spec, { ...worker, scheduler })
  }
  await runUntilSignal({
    start: () => Promise.all(planned.map(spawn)),
    close: (reason) => nanny.close(reason),
    abandon: () => nanny.killAll(),
    finished: () => nanny.finished,
  })
  if (nanny.failures[0]) throw nanny.failures[0]
}

async function runHere(scheduler: string, options: PlannedWorker): Promise<void> {
  const { startWorker } = await import('../cluster/start-worker.js')
  let worker: Awaited<ReturnType<typeof startWorker>> | undefined
  await runUntilSignal({
    start: async () => {
      worker = await startWorker({ ...options, scheduler })
    },
    close: async (reason) => worker?.close(reason),
    finished: async () => worker?.finished,
  })
}
