import type { Address } from '../protocol/names.js'
import type { RequestContext } from './server.js'

/** One request under way. Its signal is made only if somebody looks at it. */
export class Context implements RequestContext {
  #controller: AbortController | undefined
  #aborted: { reason: Error } | undefined
  #callbacks: (() => void)[] = []
  #written = false

  constructor(readonly peer: Address) {}

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#aborted.reason)
    }
    return this.#controller.signal
  }

  onWritten(callback: () => void): void {
    if (this.#written) queueMicrotask(callback)
    else this.#callbacks.push(callback)
  }

  abort(reason: Error): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(reason)
  }

  written(): void {
    this.#written = true
    for (const callback of this.#callbacks.splice(0)) callback()
  }
}
