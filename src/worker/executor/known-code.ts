import type { Artefact } from '../../code/artefact.js'
import { needsOf } from '../../code/environment.js'
import type { FunctionRef } from '../../protocol/names.js'
import { codeOf, hashesOf } from '../../util/function-ref.js'

interface Receiver {
  hasCode(hash: string): boolean
  addCode(artefact: Artefact): void
}

/** The artefacts that the worker has handed to its executor. */
export class KnownCode {
  readonly #artefacts = new Map<string, Artefact>()

  add(artefact: Artefact): void {
    this.#artefacts.set(artefact.hash, artefact)
  }

  remove(hash: string): void {
    this.#artefacts.delete(hash)
  }

  /** Gives a thread or process what a function needs and it has not yet: with its environment, and all that this needs. */
  giveTo(receiver: Receiver, ref: FunctionRef): void {
    const given = hashesOf(codeOf(ref)).map((hash) => this.#artefacts.get(hash!))
    const needed = given.flatMap((one) => (one === undefined ? [] : needsOf(one)))
    for (const artefact of [...given, ...needed.map((hash) => this.#artefacts.get(hash))])
      if (artefact !== undefined && !receiver.hasCode(artefact.hash)) receiver.addCode(artefact)
  }
}
