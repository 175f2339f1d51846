/** The part of node:assert that tests use most, for an editor without @types/node. */
declare module 'node:assert' {
  interface Assert {
    (value: unknown, message?: string | Error): asserts value
    ok(value: unknown, message?: string | Error): asserts value
    equal(actual: unknown, expected: unknown, message?: string | Error): void
    notEqual(actual: unknown, expected: unknown, message?: string | Error): void
    deepEqual(actual: unknown, expected: unknown, message?: string | Error): void
    match(value: string, pattern: RegExp, message?: string | Error): void
    throws(action: () => unknown, expected?: RegExp | object, message?: string): void
    rejects(action: Promise<unknown> | (() => Promise<unknown>), expected?: RegExp | object): Promise<void>
    fail(message?: string | Error): never
  }
  const assert: Assert
  export default assert
}
declare module 'node:assert/strict' {
  export { default } from 'node:assert'
}
