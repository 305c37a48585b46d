import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Editors write a file in several steps. */
const SETTLE_MS = 30

/** Calls `onChange` when one of some files was written, after the last of a burst of changes. Keeps no process alive. */
export class FileWatch {
  readonly #onChange: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #names = new Map<string, Set<string>>()
  #timer: NodeJS.Timeout | undefined

  constructor(files: readonly string[], onChange: () => void) {
    this.#onChange = onChange
    this.replace(files)
  }

  /** Watches these instead. Their folders are watched, for editors put a new file in the place of the old. */
  replace(files: readonly string[]): void {
    this.#names = new Map()
    for (const file of files) {
      const folder = dirname(file)
      const names = this.#names.get(folder) ?? new Set()
      this.#names.set(folder, names.add(basename(file)))
      if (!this.#watchers.has(folder)) this.#open(folder)
    }
    for (const [folder, watcher] of this.#watchers) {
      if (this.#names.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #open(folder: string): void {
    const watcher = watch(folder, { persistent: false }, (_kind, name) => {
      if (name !== null && !this.#names.get(folder)?.has(name)) return
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.#onChange, SETTLE_MS).unref()
    })
    // A folder that is gone has nothing more to tell.
    watcher.on('error', () => watcher.close())
    this.#watchers.set(folder, watcher)
  }
}
