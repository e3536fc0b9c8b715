const throwing = (): never => {
  throw new Error('not to be read')
}

const circular = (): unknown => {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** Values that code of others may throw or return, and that cannot be turned into text in the usual way. */
export const awkward: readonly (readonly [string, () => unknown])[] = [
  ['an object whose toString throws', () => ({ toString: throwing })],
  ['an object whose toString returns an object', () => ({ toString: () => ({}), valueOf: () => ({}) })],
  ['an object whose toPrimitive throws', () => ({ [Symbol.toPrimitive]: throwing })],
  ['an object without a prototype', () => Object.create(null) as unknown],
  [
    'a proxy whose traps throw',
    () => new Proxy({}, { get: throwing, has: throwing, getPrototypeOf: throwing, ownKeys: throwing }),
  ],
  ['a revoked proxy', revoked],
  ['an error whose message throws', () => Object.defineProperty(new Error(), 'message', { get: throwing })],
  ['an error whose cause throws', () => Object.defineProperty(new Error('outer'), 'cause', { get: throwing })],
  ['an error whose name is a symbol', () => Object.assign(new Error('named'), { name: Symbol('name') })],
  [
    'an error that is its own cause',
    () =>
      Object.assign(new Error('round'), {
        get cause() {
          return this
        },
      }),
  ],
  ['a circular object', circular],
  ['a symbol', () => Symbol('thrown')],
  ['a big integer', () => 12n],
  ['undefined', () => undefined],
  ['null', () => null],
]
