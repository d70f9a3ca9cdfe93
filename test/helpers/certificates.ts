import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
  /** Key and certificate in one file, as in the PEM keystore of a broker. */
  readonly both: string
}

export interface Authority {
  /** Path of the CA certificate. */
  readonly ca: string
  /** Issues a certificate for a name and for 127.0.0.1, valid for two days. */
  issue(commonName: string): Certificate
}

export function opensslAvailable(): boolean {
  return spawnSync('openssl', ['version']).status === 0
}

/** Creates a certificate authority with its files in a folder. */
export function makeAuthority(folder: string): Authority {
  const ca = join(folder, 'ca.pem')
  const caKey = join(folder, 'ca.key')
  request(['-subj', '/CN=test authority', '-keyout', caKey, '-out', ca])
  return {
    ca,
    issue(commonName) {
      const [cert, key, both] = ['cert', 'key', 'pem'].map((end) => join(folder, `${commonName}.${end}`)) as [
        string,
        string,
        string,
      ]
      const signed = ['-CA', ca, '-CAkey', caKey, '-addext', 'basicConstraints=critical,CA:FALSE']
      const names = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1']
      request([...signed, ...names, '-keyout', key, '-out', cert])
      for (const part of [key, cert]) appendFileSync(both, readFileSync(part))
      return { cert, key, both }
    },
  }
}

function request(args: readonly string[]): void {
  const common = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  execFileSync('openssl', [...common, ...args], { stdio: 'ignore' })
}
