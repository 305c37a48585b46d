import type { Artefact } from '../code/artefact.js'
import { whyNotArtefact } from '../code/load.js'
import type { Address } from '../protocol/names.js'
import type { SchedulerRequests, WorkerRequests } from '../protocol/requests.js'
import type { ConnectionPool } from '../rpc/pool.js'
import type { CodeRoute } from './code-cache.js'
import type { CodeDisk } from './code-disk.js'
import type { TaskExecutor } from './executor/executor.js'
import { removeTaskFile, writeTaskFile } from './task-files.js'

/** Where a worker may find code. */
export interface CodePlaces {
  readonly disk: CodeDisk
  readonly localDirectory: string
  readonly peers: Pick<ConnectionPool, 'request'>
  askScheduler(hash: string): Promise<SchedulerRequests['get_code']['reply'] | null>
}

/** Code by hash: from the worker's disk, from the scheduler, or from peers that the scheduler names. Once for all who ask. */
export class CodeSource {
  readonly #places: CodePlaces
  readonly #coming = new Map<string, Promise<Artefact | null>>()
  /** The executors that each file in the worker's directory is there for. */
  readonly #files = new Map<string, Set<object>>()

  constructor(places: CodePlaces) {
    this.#places = places
  }

  /** Null: nobody has it. @throws what the question to the scheduler failed with. */
  fetch(hash: string): Promise<Artefact | null> {
    let coming = this.#coming.get(hash)
    if (coming === undefined) {
      coming = this.#find(hash).finally(() => this.#coming.delete(hash))
      this.#coming.set(hash, coming)
    }
    return coming
  }

  /** From here to an executor; files go to the worker's directory. What passes is kept on the disk. */
  routeTo(executor: Pick<TaskExecutor, 'addCode' | 'removeCode'>): CodeRoute {
    const { disk } = this.#places
    return {
      fetch: (hash) => this.fetch(hash),
      add: (artefact) => {
        disk.put(artefact)
        return artefact.kind === 'file' ? this.#addFile(artefact, executor) : executor.addCode(artefact)
      },
      remove: (hash) => {
        executor.removeCode(hash)
        this.#removeFile(hash, executor)
      },
    }
  }

  #addFile(artefact: Artefact, user: object): Promise<void> {
    const users = this.#files.get(artefact.hash) ?? new Set()
    this.#files.set(artefact.hash, users.add(user))
    return writeTaskFile(this.#places.localDirectory, artefact)
  }

  #removeFile(hash: string, user: object): void {
    const users = this.#files.get(hash)
    if (users?.delete(user) !== true || users.size > 0) return
    this.#files.delete(hash)
    removeTaskFile(this.#places.localDirectory, hash)
  }

  async #find(hash: string): Promise<Artefact | null> {
    const onDisk = await this.#places.disk.get(hash)
    if (onDisk !== undefined) return onDisk
    const reply = await this.#places.askScheduler(hash)
    return reply === null ? null : (reply.artefact ?? (await this.#askPeers(hash, reply.workers ?? [])))
  }

  /** One after the other: any of them will do, and the first most likely does. */
  async #askPeers(hash: string, workers: readonly Address[]): Promise<Artefact | null> {
    for (const worker of workers) {
      const artefact = await this.#askPeer(hash, worker)
      if (artefact?.hash === hash && whyNotArtefact(artefact) === undefined) return artefact
    }
    return null
  }

  async #askPeer(hash: string, worker: Address): Promise<Artefact | null> {
    try {
      const ask: WorkerRequests['get_code']['ask'] = { hash }
      const reply = await this.#places.peers.request<WorkerRequests['get_code']['reply']>(worker, 'get_code', ask)
      return reply.artefact
    } catch {
      return null
    }
  }
}
