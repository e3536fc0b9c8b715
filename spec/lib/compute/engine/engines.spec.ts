import { expect, test } from 'vitest'
import { browserEngineNames, engineNames, engines } from '#lib/compute/engine/engines.js'

test('engineNames: the order of preference in Node.js', () => {
  expect(engineNames).toEqual([
    'tfjs-node-gpu',
    'onnx-cuda',
    'tfjs-webgpu',
    'onnx-webgpu',
    'webgpu',
    'onnx',
    'tfjs-node',
    'tfjs-wasm',
    'tfjs-cpu',
  ])
})

test('browserEngineNames: the order of preference in a browser', () => {
  expect(browserEngineNames).toEqual(['webgpu', 'onnx-webgpu', 'tfjs-webgpu', 'onnx', 'tfjs-wasm', 'tfjs-cpu'])
})

test.each(engineNames)('%s is named after its library and backend', (name) => {
  const { library, backend } = engines[name]
  expect(name).toBe(name === 'onnx' || name === 'webgpu' ? library : `${library}-${backend}`)
})
