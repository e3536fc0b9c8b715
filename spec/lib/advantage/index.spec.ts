import { describe, expect, it } from 'vitest'
import { estimators } from '#lib/advantage/index.js'

describe('estimators', () => {
  it.each(Object.entries(estimators))('%s makes an estimator of its name', (name, { create }) => {
    expect(create().name).toBe(name)
  })
})
