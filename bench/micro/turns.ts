/**
 * How long one turn of the scheduler's core keeps others waiting when something happens to very many tasks at once.
 * `npx tsx bench/micro/turns.ts [tasks] [case]`: milliseconds in all, of the longest turn, and of that without the collector.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { CLIENT, CoreBench, mapSpec, taskSpec, WORKERS } from './core-bench.js'

const n = Number(process.argv[2] ?? 1_000_000)
const only = process.argv[3]
/** As many keys as a client puts in one message. */
const KEYS_PER_MESSAGE = 5000

const pauses: { start: number; end: number }[] = []
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) pauses.push({ start: startTime, end: startTime + duration })
}).observe({ entryTypes: ['gc'] })

const keysOf = (prefix: string) => Array.from({ length: n }, (_, i) => `${prefix}-${i}`)
const single = (deps: string[] = []) => keysOf('t').map((key) => taskSpec(key, deps))

/** A binary tree of `n` tasks, of which the last is wanted. */
const tree = () => keysOf('t').map((key, i) => taskSpec(key, 2 * i + 2 < n ? [`t-${2 * i + 1}`, `t-${2 * i + 2}`] : []))

interface Case {
  readonly before?: (b: CoreBench) => void
  readonly act: (b: CoreBench) => void
}

const kept = (b: CoreBench) => b.submit('m', n)
const keptThere = (b: CoreBench) => {
  b.answers = 'large'
  kept(b)
}
const fanOut = (b: CoreBench) => {
  b.answers = 'none'
  b.graph([taskSpec('a')])
  b.map({ ...mapSpec('m', n), shared_deps: ['a'] })
}

const CASES: Record<string, Case> = {
  'a map runs': { act: kept },
  'a graph runs': { act: (b) => b.graph(single()) },
  'a tree runs': { act: (b) => b.graph(tree(), ['t-0']) },
  'a map over one value runs': {
    act: (b) => b.map({ ...mapSpec('m', n), shared_deps: ['a'] }),
    before: (b) => b.graph([taskSpec('a')]),
  },
  'what all waited for is there': { before: fanOut, act: (b) => b.answerLate('small') },
  'what all waited for fails': { before: fanOut, act: (b) => b.answerLate('failures') },
  'results are let go': {
    before: kept,
    act: (b) => {
      const keys = keysOf('m')
      for (let i = 0; i < n; i += KEYS_PER_MESSAGE)
        b.say({ op: 'client-releases-keys', keys: keys.slice(i, i + KEYS_PER_MESSAGE) })
    },
  },
  'results are let go in one message': {
    before: kept,
    act: (b) => b.say({ op: 'client-releases-keys', keys: keysOf('m') }),
  },
  'a tree is let go': {
    before: (b) => b.graph(tree(), ['t-0']),
    act: (b) => b.say({ op: 'client-releases-keys', keys: ['t-0'] }),
  },
  'queued tasks are cancelled': {
    before: (b) => {
      b.answers = 'none'
      b.graph(single())
    },
    act: (b) => b.say({ op: 'cancel-keys', keys: keysOf('t'), force: false, reason: '' }),
  },
  'what all need is cancelled': {
    before: fanOut,
    act: (b) => b.say({ op: 'cancel-keys', keys: ['a'], force: false, reason: '' }),
  },
  'the client is gone': { before: kept, act: (b) => b.push({ type: 'client-left', client: CLIENT, lost: false }) },
  'the client is gone while its tree is taken in': {
    before: (b) => {
      b.graph(tree(), ['t-0'])
      for (let i = 0; i < n / 4000; i++) b.push({ type: 'continue' })
    },
    act: (b) => b.push({ type: 'client-left', client: CLIENT, lost: false }),
  },
  'a worker with half of the results is gone': {
    before: keptThere,
    act: (b) => b.push({ type: 'worker-left', worker: WORKERS[0] as string, expected: false, reason: 'x' }),
  },
  'the first worker comes': {
    before: (b) => {
      for (const worker of WORKERS) b.push({ type: 'worker-left', worker, expected: true, reason: 'x' })
      b.graph(single())
    },
    act: (b) => b.join('tcp://10.0.0.3:1'),
  },
  'all is restarted': { before: kept, act: (b) => b.push({ type: 'restart' }) },
}

for (const [name, { before, act }] of Object.entries(CASES)) {
  if (only !== undefined && !name.includes(only)) continue
  const bench = new CoreBench()
  before?.(bench)
  bench.run()
  bench.turns.length = 0
  await settled()
  pauses.length = 0
  const start = performance.now()
  act(bench)
  bench.run()
  const ms = performance.now() - start
  await settled()
  const longest = [...bench.turns].sort((a, b) => b.end - b.start - (a.end - a.start))[0]
  const own = Math.max(0, ...bench.turns.map((turn) => turn.end - turn.start - collecting(turn)))
  const length = longest === undefined ? 0 : longest.end - longest.start
  console.log(`${name}: ${ms.toFixed(0)} ms, longest turn ${length.toFixed(0)}, without collecting ${own.toFixed(0)}`)
}

/** Observers are told of collections later. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

function collecting(turn: { start: number; end: number }): number {
  let ms = 0
  for (const { start, end } of pauses) ms += Math.max(0, Math.min(end, turn.end) - Math.max(start, turn.start))
  return ms
}
