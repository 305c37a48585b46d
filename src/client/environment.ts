import { basename } from 'node:path'
import type { Artefact } from '../code/artefact.js'
import { isFileName, type Setup, sealEnvironment } from '../code/environment.js'
import { seal } from '../code/hash.js'
import { type Shipped, ship } from '../code/identity.js'
import { pythonOf } from '../dask/py.js'
import { CloneError, OptionError } from '../errors.js'
import { inEnvironment } from '../util/function-ref.js'
import { encode } from '../values/encode.js'
import type { Chosen } from './options.js'
import type { AnyFunction } from './task-types.js'

/** An uploaded file travels in one message. */
const LARGEST_FILE = 32 * 2 ** 20

/** What travels for a function, and along with it: the environment, and what that names. */
export type Placed = Shipped & { readonly along?: readonly Artefact[] }

interface Made {
  readonly version: number
  readonly environment: Artefact
}

/** What the tasks of one client find where they run: setups, files, and values of `process.env`. */
export class ClientEnvironment {
  readonly #setups: Setup[] = []
  readonly #files = new Map<string, string>()
  /** What setups and files are made of. */
  readonly #needed: Artefact[] = []
  #version = 0
  readonly #made = new WeakMap<Chosen, Made>()

  /** What travels for `fn` when it is submitted with these options. @throws OptionError for one that a function of Python's cannot have. */
  ship(fn: AnyFunction, chosen: Chosen): Placed {
    const shipped = ship(fn)
    if (pythonOf(shipped.ref) !== undefined) return withoutEnvironment(shipped, chosen)
    if (this.#version === 0 && chosen.env === undefined && chosen.isolation !== 'process') return shipped
    const environment = this.#environmentFor(chosen)
    const ref = inEnvironment(shipped.ref, environment.hash)
    return { ...shipped, ref, along: [...this.#needed, environment] }
  }

  /** @throws CaptureError, LoadError, CloneError. */
  addSetup(fn: AnyFunction, args: readonly unknown[]): void {
    const { ref, artefact, name } = ship(fn)
    const { head, buffers } = encode(args, { root: `an argument of ${name}` })
    if (buffers.length > 0)
      throw new CloneError(
        'HEDDLE_CLONE',
        '',
        `the arguments of the setup '${name}' are large: upload a file in their place`,
      )
    this.#setups.push({ ref, args: Buffer.from(head).toString('base64') })
    this.#add(artefact)
  }

  /** @throws OptionError for a name that is none, or a file that is too large. */
  addFile(path: string, content: Buffer): string {
    const name = basename(path)
    if (!isFileName(name)) throw new OptionError('path', `'${path}' has no file name`)
    if (content.length > LARGEST_FILE)
      throw new OptionError(
        'path',
        `${name} has ${content.length} bytes; up to 32 MiB can be uploaded. Scatter its content`,
      )
    const artefact = seal({ kind: 'file', name, body: `${name}\n${content.toString('base64')}`, externals: [] })
    this.#files.set(name, artefact.hash)
    this.#add(artefact)
    return name
  }

  #add(artefact: Artefact): void {
    this.#version++
    if (!this.#needed.some(({ hash }) => hash === artefact.hash)) this.#needed.push(artefact)
  }

  #environmentFor(chosen: Chosen): Artefact {
    const made = this.#made.get(chosen)
    if (made?.version === this.#version) return made.environment
    const { env, isolation } = chosen
    const environment = sealEnvironment({
      ...(env === undefined ? {} : { env }),
      ...(this.#setups.length === 0 ? {} : { setup: this.#setups }),
      ...(this.#files.size === 0 ? {} : { files: Object.fromEntries(this.#files) }),
      ...(isolation === 'process' ? { isolation } : {}),
    })
    this.#made.set(chosen, { version: this.#version, environment })
    return environment
  }
}

/** Setups and files are for TypeScript: a function of Python's runs without them. */
function withoutEnvironment(shipped: Shipped, { env, isolation }: Chosen): Placed {
  const given = env !== undefined ? 'env' : isolation === 'process' ? 'isolation' : undefined
  if (given === undefined) return shipped
  throw new OptionError(given, `${shipped.name} is a function of Python's, which has no environment of ours`)
}
