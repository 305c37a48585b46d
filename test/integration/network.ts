/**
 * Hosts of their own on this machine: a scheduler's, and one for each worker, which reach each other through the
 * scheduler's. Needs the right to make network namespaces.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'heddle'
import { built, Command } from './command.js'

/** `undefined`, or why there can be none; then said once. */
export const noNetworks: string | undefined = tryNetworks()
if (noNetworks !== undefined) console.warn(`SKIPPED: tests of slow and cut networks: ${noNetworks}`)

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function tryNetworks(): string | undefined {
  const name = `heddle-try-${process.pid}`
  try {
    ip('netns', 'add', name)
    ip('-n', name, 'rule', 'add', 'from', '10.1.1.0/24', 'to', '10.1.2.0/24', 'blackhole')
    return undefined
  } catch (error) {
    return `they need network namespaces, with iproute2 and as root (${(error as Error).message.trim()})`
  } finally {
    try {
      ip('netns', 'del', name)
    } catch {
      // There is none.
    }
  }
}

/** See above. Host 0 is the scheduler's and has a link to this one; workers are called w1, w2, … after their hosts. */
export class Network {
  readonly #prefix = `hd${process.pid}`
  readonly #net = `10.${60 + Math.floor(Math.random() * 190)}`
  readonly #folder = mkdtempSync(join(tmpdir(), 'heddle-network-'))
  readonly #commands: Command[] = []
  readonly workers: Command[] = []
  scheduler!: Command
  client!: Client
  #port = ''

  private constructor(readonly size: number) {}

  /** `options`: more arguments of each worker. */
  static async start(size: number, ...options: string[]): Promise<Network> {
    const network = new Network(size)
    try {
      network.#lay()
      await network.#populate(options)
      return network
    } catch (error) {
      await network.close()
      throw error
    }
  }

  /** Nothing passes between the two any more, without a word. */
  cut(one: number, other: number): void {
    this.#rule('add', one, other)
    this.#rule('add', other, one)
  }

  mend(one: number, other: number): void {
    this.#rule('del', one, other)
    this.#rule('del', other, one)
  }

  /** What leaves that host, and what goes to it, is no faster than that. */
  slow(host: number, rate: string): void {
    const shape = ['root', 'tbf', 'rate', rate, 'burst', '16kb', 'latency', '200ms']
    this.#tc(host, 'eth0', shape)
    this.#tc(0, `w${host}`, shape)
  }

  addressOf(worker: number): string {
    return /at: +(\S+:\d+)/.exec(this.workers[worker - 1]!.stdout)![1]!
  }

  async close(): Promise<void> {
    await this.client?.close()
    await Promise.all(this.#commands.map((command) => command.signal('SIGKILL')))
    for (let host = 0; host <= this.size; host++) ip('netns', 'del', this.#host(host))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #lay(): void {
    for (let host = 0; host <= this.size; host++) {
      ip('netns', 'add', this.#host(host))
      ip('-n', this.#host(host), 'link', 'set', 'lo', 'up')
    }
    const hub = this.#host(0)
    ip('link', 'add', this.#prefix, 'type', 'veth', 'peer', 'name', 'up', 'netns', hub)
    ip('addr', 'add', `${this.#net}.0.1/30`, 'dev', this.#prefix)
    ip('link', 'set', 'dev', this.#prefix, 'up')
    this.#give(hub, 'up', `${this.#net}.0.2/30`)
    execFileSync('ip', ['netns', 'exec', hub, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
    for (let host = 1; host <= this.size; host++) this.#connect(hub, host)
  }

  #connect(hub: string, host: number): void {
    const name = this.#host(host)
    ip('-n', hub, 'link', 'add', `w${host}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    this.#give(hub, `w${host}`, `${this.#net}.${host}.1/24`)
    this.#give(name, 'eth0', `${this.#net}.${host}.2/24`)
    ip('-n', name, 'route', 'add', 'default', 'via', `${this.#net}.${host}.1`)
  }

  #give(host: string, device: string, address: string): void {
    ip('-n', host, 'addr', 'add', address, 'dev', device)
    ip('-n', host, 'link', 'set', 'dev', device, 'up')
  }

  async #populate(options: readonly string[]): Promise<void> {
    const open = ['--port', '0', '--insecure', '--no-dashboard']
    this.scheduler = this.#run(0, ['scheduler', '--host', '0.0.0.0', ...open])
    this.#port = (await this.scheduler.says(/^Start scheduler at \S+:(\d+)$/))[1]!
    for (let host = 1; host <= this.size; host++) await this.#addWorker(host, options)
    this.client = await Client.connect(`${this.#net}.0.2:${this.#port}`)
  }

  async #addWorker(host: number, options: readonly string[]): Promise<void> {
    const own = [
      '--host',
      `${this.#net}.${host}.2`,
      '--name',
      `w${host}`,
      '--nthreads',
      '1',
      '--insecure',
      '--no-nanny',
    ]
    const scheduler = `${this.#net}.${host}.1:${this.#port}`
    const worker = this.#run(host, ['worker', scheduler, ...own, '--local-directory', this.#folder, ...options])
    this.workers.push(worker)
    await worker.says(/^Registered/)
  }

  #run(host: number, args: readonly string[]): Command {
    const within = ['ip', 'netns', 'exec', this.#host(host)]
    const command = new Command(built('cli/heddle.js'), args, {}, undefined, within)
    this.#commands.push(command)
    return command
  }

  #rule(what: 'add' | 'del', from: number, to: number): void {
    const ends = ['from', `${this.#net}.${from}.0/24`, 'to', `${this.#net}.${to}.0/24`]
    ip('-n', this.#host(0), 'rule', what, ...ends, 'blackhole')
  }

  #tc(host: number, device: string, shape: readonly string[]): void {
    execFileSync('tc', ['-n', this.#host(host), 'qdisc', 'replace', 'dev', device, ...shape])
  }

  #host(host: number): string {
    return `${this.#prefix}-${host}`
  }
}
