/** What the failures of TLS mean to whoever wanted a connection. */
import { ConnectError } from '../errors.js'
import type { Address } from '../protocol/names.js'

/** What is wrong with the certificate that the peer showed. */
const OF_PEER: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clocks',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not from the authority in tls.ca',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is not from the authority in tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not from the authority in tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not from the authority in tls.ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not from the authority in tls.ca',
  CERT_SIGNATURE_FAILURE: 'its certificate is not from the authority in tls.ca',
  CERT_REVOKED: 'its certificate has been revoked',
  INVALID_PURPOSE: 'its certificate is not made for this purpose',
}

/** What the peer said of the certificate that it was shown, as the end of the error's code. */
const OF_OURS: readonly (readonly [said: RegExp, text: string])[] = [
  [/ALERT_CERTIFICATE_EXPIRED/, 'our certificate has expired'],
  [/ALERT_UNKNOWN_CA/, 'our certificate is not from the authority that it knows'],
  [/ALERT_CERTIFICATE_REQUIRED/, 'it wants a certificate that we do not have'],
  [/HANDSHAKE_FAILURE/, 'there is no way of encryption that both ends have, or it has no certificate'],
  [
    /ALERT_(BAD|UNSUPPORTED|REVOKED|UNKNOWN)_CERTIFICATE|ALERT_CERTIFICATE_(REVOKED|UNKNOWN)/,
    'it refuses our certificate',
  ],
  [/ALERT_DECRYPT_ERROR/, 'it refuses our certificate'],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, 'there is no version of TLS that both ends have'],
]
const NOT_TLS =
  /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE|wrong version number|packet length too long/

/** Why somebody who dialled was not let in, for the log; Node says of a certificate no more than the code. */
export function refusalOf(failure: Error | string): string {
  const { code = '', message }: NodeJS.ErrnoException =
    typeof failure === 'string' ? Object.assign(new Error(failure), { code: failure }) : failure
  if (NOT_TLS.test(`${code} ${message}`)) return 'it does not speak TLS'
  return OF_PEER[code]?.replace('in tls.ca', 'that is known here') ?? message.trim()
}

/** The failure in words, if it is one of TLS; else undefined. */
export function explainTls(address: Address, failure: NodeJS.ErrnoException): ConnectError | undefined {
  const code = failure.code ?? ''
  const text = `${code} ${failure.message}`
  const plain = address.replace(/^tls:/, 'tcp:')
  if (NOT_TLS.test(text)) return made(`what listens there does not speak TLS. If that is right, use ${plain}`)
  const ofPeer = OF_PEER[code]
  if (ofPeer !== undefined) return made(ofPeer)
  const ofOurs = OF_OURS.find(([said]) => said.test(text.toUpperCase().replaceAll(' ', '_')))?.[1]
  if (ofOurs !== undefined) return made(ofOurs)
  return /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code) ? made(failure.message) : undefined

  function made(why: string): ConnectError {
    return new ConnectError('HEDDLE_TLS', address, `no secure connection to ${address}: ${why}.`, { cause: failure })
  }
}
