import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { OptionError } from '../errors.js'

/**
 * Who a node is, and whom it believes, at `tls://` addresses: paths of PEM files, or their text. Both ends of a
 * connection show a certificate, and each must come from the authority that the other knows; the names of hosts do not
 * matter. So it is in a Dask cluster, whose files these may be.
 */
export interface TlsOptions {
  /** The authority's certificate (Dask: `tls-ca-file`). */
  readonly ca: string
  /** This node's own (Dask: `tls-client-cert`, `tls-worker-cert`, …). */
  readonly cert: string
  /** Its private key. Default: it stands in the file of the certificate. */
  readonly key?: string | undefined
}

/** What is needed at `tls://` addresses, read. */
export class TlsCredentials {
  private constructor(
    /** For those who listen. */
    readonly files: SecureContextOptions,
    /** The same, for those who dial. */
    readonly context: SecureContext,
  ) {}

  /** As options, for a thread or process of this node. */
  get options(): TlsOptions {
    const { ca, cert, key } = this.files as Record<string, string>
    return { ca: ca!, cert: cert!, key: key! }
  }

  /** @throws OptionError for a file that cannot be read or is not what it should be. */
  static read(options: TlsOptions): TlsCredentials {
    if (typeof options !== 'object' || options === null) throw new OptionError('tls', 'give { ca, cert, key }')
    const ca = pem(options, 'ca')
    const cert = pem(options, 'cert')
    const key = options.key === undefined ? cert : pem(options, 'key')
    try {
      const files: SecureContextOptions = { ca, cert, key, minVersion: 'TLSv1.2' }
      return new TlsCredentials(files, createSecureContext(files))
    } catch (error) {
      throw new OptionError('tls', whyNot(error as NodeJS.ErrnoException), { cause: error })
    }
  }
}

/** Undefined in, undefined out. @throws OptionError. */
export function readTls(options: TlsOptions | undefined): TlsCredentials | undefined {
  return options && TlsCredentials.read(options)
}

function pem(options: TlsOptions, name: keyof TlsOptions): string {
  const given: unknown = options[name]
  if (typeof given !== 'string' || given === '') throw new OptionError(`tls.${name}`, 'give the path of a PEM file')
  const text = given.includes('-----BEGIN') ? given : contentOf(given, name)
  if (text.includes('-----BEGIN')) return text
  throw new OptionError(`tls.${name}`, `${given} is no PEM file`)
}

function contentOf(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OptionError(`tls.${name}`, `${path} cannot be read (${code})`, { cause: error })
  }
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'the key is not the one of the certificate'
  if (/BAD_PASSWORD|INTERRUPTED_OR_CANCELLED|BAD_DECRYPT/.test(code ?? '')) return 'the key is protected by a password'
  return `these are no certificates and key that can be used: ${message}`
}
