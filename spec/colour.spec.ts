import { expect, test } from 'vitest'
import { contrast, deltaE, labOf, leastDeltaE, mix, rgbOf } from './colour.js'

test.each([
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1.0],
  [[50, 0, 0], [50, -1, 2], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
] as const)('CIEDE2000 of %j and %j is that of the test data of its paper', (a, b, expected) => {
  expect(deltaE(a, b)).toBeCloseTo(expected, 4)
  expect(deltaE(b, a)).toBeCloseTo(expected, 4)
})

test('colours are read, mixed and compared', () => {
  expect(rgbOf('#0f8')).toEqual(rgbOf('#00ff88'))
  expect(rgbOf('white')).toEqual([1, 1, 1])
  expect(() => rgbOf('pink')).toThrow('found pink')
  expect(mix([1, 1, 1], [0, 0, 0], 0.25)).toEqual([0.25, 0.25, 0.25])
  expect(contrast(rgbOf('#777777'), rgbOf('white'))).toBeCloseTo(4.48, 2)
  expect(labOf(rgbOf('white'))[0]).toBeCloseTo(100, 6)
})

test('red and green are near for colour-blind readers alone', () => {
  expect(deltaE(labOf(rgbOf('#b5482e')), labOf(rgbOf('#2f7d4f')))).toBeGreaterThan(50)
  expect(leastDeltaE('#b5482e', '#2f7d4f')).toBeLessThan(12)
})
