/** The scheduler of `million.ts`, in a process of its own: it watches its event loop, and tells what it saw. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Scheduler } from 'heddle'
import { peakOf } from './measure.js'

/** What the scheduler's process saw since it was asked last. Milliseconds and bytes. */
export interface Seen {
  /** The longest that an event had to wait. */
  readonly lagMax: number
  readonly lagP99: number
  /** The most CPU time that the process used between two looks: waits beyond it are those of a machine that is busy. */
  readonly workMax: number
  readonly rssPeak: number
}

const LOOK_MS = 2

const scheduler = await new Scheduler({ port: 0 }).start()
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

let worst = { lag: 0, work: 0 }
let before = { time: performance.now(), cpu: cpuMs() }
setInterval(() => {
  const now = { time: performance.now(), cpu: cpuMs() }
  worst = {
    lag: Math.max(worst.lag, now.time - before.time - LOOK_MS),
    work: Math.max(worst.work, now.cpu - before.cpu),
  }
  before = now
}, LOOK_MS)

process.on('message', (ask) => {
  if (ask === 'close') return void scheduler.close().then(() => process.disconnect())
  if (ask === 'known') return void process.send?.(Object.values(scheduler.tasks()).reduce((sum, n) => sum + n, 0))
  const seen: Seen = {
    lagMax: Math.max(delay.max / 1e6, worst.lag),
    lagP99: delay.percentile(99) / 1e6,
    workMax: worst.work,
    rssPeak: peakOf(process.pid),
  }
  process.send?.(seen)
  delay.reset()
  worst = { lag: 0, work: 0 }
})
process.on('disconnect', () => process.exit())
process.send?.({ address: scheduler.address })

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
