/** Settings of every run: numbers of `entrain train`, and how often the model is evaluated on held-out prompts. */
export const regime = {
  group: 8,
  maxTokens: 12,
  learningRate: 1e-4,
  warmup: 10,
  evaluation: { every: 20, prompts: 64, samples: 4, ks: [2, 4] },
} as const
