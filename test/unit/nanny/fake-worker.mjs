import { existsSync, writeFileSync } from 'node:fs'

// Speaks the protocol of a worker process; what it does is told by its options.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', ({ op, options }) => {
  if (op === 'close') {
    if (options?.stubborn || globalThis.stubborn) return
    process.send({ op: 'closing', reason: 'asked' }, () => process.exit(0))
    return
  }
  globalThis.stubborn = options.stubborn
  if (options.say) process.stdout.write(`${options.say}\n`)
  if (options.failWith) {
    process.send({ op: 'failed', code: 'HEDDLE_REFUSED', message: options.failWith }, () => process.exit(1))
    return
  }
  if (options.nonsense) process.send({ op: 'started', info: 7 })
  if (options.killOnce && !existsSync(options.killOnce)) {
    writeFileSync(options.killOnce, '')
    process.kill(process.pid, 'SIGKILL')
  }
  if (options.exitAtOnce !== undefined) process.exit(options.exitAtOnce)
  const info = { address: `tcp://127.0.0.1:${process.pid}`, name: options.name, nthreads: 1 }
  process.send({ op: 'started', info })
  if (options.hoard) globalThis.hoard = Buffer.alloc(options.hoard, 1)
  if (options.thenExit !== undefined) setImmediate(() => process.exit(options.thenExit))
  if (options.thenLeave) process.send({ op: 'closing', reason: 'done' }, () => process.exit(0))
})
