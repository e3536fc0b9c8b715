import { describe, expect, it } from 'vitest'
import { type Scope, withScope } from '#cli/scope.js'

const closings = () => {
  const closed: string[] = []
  const resource = (name: string, error?: Error) => ({
    close: () => {
      closed.push(name)
      return error === undefined ? Promise.resolve() : Promise.reject(error)
    },
  })
  return { closed, resource }
}

describe('withScope', () => {
  it('returns the result and closes what it owns, the last resource first', async () => {
    const { closed, resource } = closings()
    const task = (scope: Scope) => {
      scope.own(resource('a'))
      scope.own(resource('b'))
      expect(closed).toEqual([])
      return Promise.resolve(3)
    }
    expect(await withScope(task)).toBe(3)
    expect(closed).toEqual(['b', 'a'])
  })

  it('closes what was opened before the task failed', async () => {
    const { closed, resource } = closings()
    const task = (scope: Scope) => {
      scope.own(resource('a'))
      return Promise.reject(new Error('no b'))
    }
    await expect(withScope(task)).rejects.toThrow('no b')
    expect(closed).toEqual(['a'])
  })

  it('closes the others if one fails to close', async () => {
    const { closed, resource } = closings()
    const task = (scope: Scope) => {
      scope.own(resource('a'))
      scope.own(resource('b', new Error('stuck')))
      return Promise.resolve()
    }
    await expect(withScope(task)).rejects.toThrow('stuck')
    expect(closed).toEqual(['b', 'a'])
  })
})
