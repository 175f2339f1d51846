/** The part of node:crypto that definitions use, for an editor without @types/node. */
declare module 'node:crypto' {
  interface Digesting {
    update(data: string | Uint8Array): Digesting
    digest(encoding: 'hex' | 'base64' | 'base64url'): string
    digest(): Uint8Array
  }
  export function createHash(algorithm: string): Digesting
  export function createHmac(algorithm: string, key: string | Uint8Array): Digesting
  export function randomBytes(size: number): Uint8Array & { toString(encoding: 'hex' | 'base64'): string }
  export function randomUUID(): string
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean
}
