import { type Command, Option } from 'commander'
import { announcer } from '../cluster/process-setup.js'
import { startDashboard } from '../http/http-scheduler.js'
import type { Service } from '../http/service.js'
import { createLogger } from '../log/log.js'
import type { Center } from '../scheduler/center.js'
import { applyCommonOptions, type CommonOptions, oldSpelling, tlsIn, withCommonOptions } from './common-options.js'
import { parseDashboardAddress, parsePort } from './parse.js'
import { runUntilSignal } from './run.js'

interface NodeOptions extends CommonOptions {
  port?: number
}

interface SchedulerOptions extends NodeOptions {
  /** False: `--no-dashboard`. */
  dashboard: boolean
  httpPort?: number
  bokehPort?: number
  dashboardAddress?: number
}

/** `heddle center`: where is what, and nothing else. */
export function addCenterCommand(program: Command): void {
  withCommonOptions(program.command('center'))
    .description('start a center: it knows which worker holds what, and gives no work')
    .option('--port <port>', 'port to listen at; 0 is any free one (default: 8787)', parsePort)
    .action(runCenter)
}

async function runCenter(options: NodeOptions): Promise<void> {
  await applyCommonOptions(options)
  const { Center } = await import('../scheduler/center.js')
  const { host, port, insecure } = options
  const center = new Center(host, port, { insecure, tls: tlsIn(options), print: announcer('center') })
  await runUntilSignal({
    start: () => startCenter(center, port === undefined),
    close: () => center.close(),
    finished: () => center.finished,
  })
}

/** `isUsual`: the port is the one that centers have. */
async function startCenter(center: Center, isUsual: boolean): Promise<unknown> {
  try {
    return await center.start()
  } catch (error) {
    const { explainPort } = await import('./port-holder.js')
    throw isUsual ? await explainPort(error, center.host) : error
  }
}

/** `heddle scheduler`: takes work from clients and gives it to workers. */
export function addSchedulerCommand(program: Command): void {
  withCommonOptions(program.command('scheduler'))
    .description('start a scheduler: it takes work from clients and gives it to workers')
    .option('--port <port>', 'port to listen at; 0 is any free one (default: 8786)', parsePort)
    .addOption(
      new Option('--http-port <port>', 'port of the web pages (default: 8787, or a free one)').argParser(parsePort),
    )
    .option('--no-dashboard', 'start no web pages')
    .addOption(oldSpelling('--dashboard-address <address>', parseDashboardAddress))
    .addOption(oldSpelling('--bokeh-port <port>', parsePort))
    .action(runScheduler)
}

async function runScheduler(options: SchedulerOptions): Promise<void> {
  await applyCommonOptions(options)
  const { Scheduler } = await import('../scheduler/scheduler.js')
  const { host, port, insecure } = options
  const scheduler = new Scheduler({ host, port, insecure, tls: tlsIn(options), print: announcer('scheduler') })
  let dashboard: Service | undefined
  await runUntilSignal({
    start: async () => {
      await scheduler.start()
      if (options.dashboard) dashboard = await openDashboard(scheduler, options)
    },
    close: () => Promise.all([dashboard?.close(), scheduler.close()]),
    finished: () => scheduler.finished,
  })
}

async function openDashboard(
  scheduler: Parameters<typeof startDashboard>[0],
  options: SchedulerOptions,
): Promise<Service> {
  const logger = createLogger('scheduler')
  const port = options.httpPort ?? options.dashboardAddress ?? options.bokehPort
  // The pages are not encrypted.
  const isEncrypted = tlsIn(options) !== undefined && !options.insecure
  const host = isEncrypted ? '127.0.0.1' : (options.host ?? '127.0.0.1')
  const service = await startDashboard(scheduler, { port, host, logger })
  logger.info(`web pages at http://${host}:${service.port}/info.json`)
  return service
}
