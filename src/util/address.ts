import { OptionError } from '../errors.js'
import type { Address } from '../protocol/names.js'

/** Every form in which an address may be given. */
export type AddressLike =
  | string
  | { readonly ip: string; readonly port: number }
  | { readonly host: string; readonly port: number }

export interface ParsedAddress {
  /** `tcp`, `tls`, `inproc`. */
  readonly scheme: string
  /** Without brackets. For inproc the name. */
  readonly host: string
  /** 0 for inproc. */
  readonly port: number
  /** The one spelling by which addresses are compared: `tcp://host:port`, IPv6 in brackets. */
  readonly address: Address
}

const ACCEPTED =
  "use 'host:port', 'tcp://host:port', 'tls://host:port', '[ipv6]:port', 'inproc://name', { ip, port } or { host, port }"
const schemes = new Set(['tcp'])

/** Makes `scheme://host:port` an address. A transport says this when it is registered. */
export function allowScheme(scheme: string): void {
  schemes.add(scheme)
}

/**
 * Reads an address in any accepted form.
 * @throws OptionError, under the name `option`, which names the accepted forms.
 */
export function parseAddress(input: AddressLike, option = 'address'): ParsedAddress {
  if (typeof input === 'string') return parseText(input.trim(), option)
  if (typeof input !== 'object' || input === null) throw refusal(option, input)
  const host: unknown = 'ip' in input ? input.ip : 'host' in input ? input.host : undefined
  if (typeof host !== 'string') throw refusal(option, input)
  return hostAndPort('tcp', host.replace(/^\[(.*)\]$/, '$1'), input.port, option, input)
}

/** The address with these parts, IPv6 with or without brackets. @throws OptionError when there is no such. */
export function addressOf(scheme: string, host: string, port: number): Address {
  return hostAndPort(scheme, host.replace(/^\[(.*)\]$/, '$1'), port, 'address', host).address
}

/** `tcp://127.0.0.1:8786` as it is printed for people: `127.0.0.1:8786`. Other schemes than this one are told. */
export function withoutScheme(address: Address): string {
  return address.replace(/^tcp:\/\//, '')
}

function parseText(text: string, option: string): ParsedAddress {
  const [, given, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? []
  const scheme = (given ?? 'tcp').toLowerCase()
  if (scheme === 'inproc') return inprocAddress(rest, option, text)
  if (!schemes.has(scheme)) throw new OptionError(option, `'${text}' has the unknown scheme '${scheme}'; ${ACCEPTED}`)
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d+)\/?$/.exec(rest)
  if (!match)
    throw refusal(
      option,
      text,
      rest.split(':').length > 2 && !rest.startsWith('[') ? 'an IPv6 host goes in brackets; ' : '',
    )
  return hostAndPort(scheme, match[1] ?? match[2] ?? '', Number(match[3]), option, text)
}

function inprocAddress(name: string, option: string, given: unknown): ParsedAddress {
  if (!/^[\w.:-]+$/.test(name)) throw refusal(option, given)
  return { scheme: 'inproc', host: name, port: 0, address: `inproc://${name}` }
}

function hostAndPort(scheme: string, given: string, port: number, option: string, input: unknown): ParsedAddress {
  const host = given.toLowerCase()
  const isHost = host.includes(':') ? /^[0-9a-f:.]+(%[\w.-]+)?$/.test(host) : /^[\w.-]+$/.test(host)
  if (!isHost) throw refusal(option, input)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new OptionError(option, `the port of ${shown(input)} must be a whole number from 0 to 65535; ${ACCEPTED}`)
  }
  return { scheme, host, port, address: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}` }
}

function refusal(option: string, input: unknown, hint = ''): OptionError {
  return new OptionError(option, `${shown(input)} is no address: ${hint}${ACCEPTED}`)
}

function shown(input: unknown): string {
  if (typeof input === 'string') return `'${input}'`
  return (JSON.stringify(input) as string | undefined) ?? String(input)
}
