import type { Artefact } from './artefact.js'

/** A loaded artefact. */
export interface LoadedCode {
  /** @throws LoadError when there is no function of that name. */
  get(name: string): (...args: unknown[]) => unknown
}

/** Why the artefact is not what it says it is, or undefined: its hash is checked over its content. */
export declare function whyNotArtefact(artefact: unknown): string | undefined

/**
 * Runs the artefact's body once and gives its exports; called in the thread that will run them. Nothing stays in
 * memory when the result is dropped.
 * @throws LoadError with the user's file and line when it does not compile or its top level throws (`cause`).
 */
export declare function loadArtefact(artefact: Artefact): Promise<LoadedCode>

/**
 * Rewrites an error's stack (and its causes') from positions in loaded artefacts to the user's source lines, and takes
 * out Heddle's own frames unless `HEDDLE_STACK=full`.
 */
export declare function mapStack(error: unknown): void
