import { OptionError } from '../errors.js'

/** Whether nothing outside this machine can reach `host`. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
}

/**
 * Anyone who reaches a node's port may run code there, so listening beyond this machine has to be asked for twice.
 * @throws OptionError when `host` is not loopback and `insecure` is not set.
 */
export function requireLoopback(host: string | undefined, insecure: boolean | undefined): void {
  if (host === undefined || insecure === true || isLoopbackHost(host)) return
  throw new OptionError(
    'host',
    `${host} can be reached from other machines, and whoever reaches this node can run code on it. ` +
      'Give it certificates (--tls-ca-file, --tls-cert, --tls-key, or tls: { ca, cert, key }), so that only who shows one is let in; ' +
      'if the network is trusted, say so with --insecure (insecure: true); else leave the host out to stay on 127.0.0.1.',
  )
}
