import { lastValueFrom, take } from 'rxjs'
const R='/work/trees/task-steps/dist/'
const imp=p=>import(R+p)
const {tasks}=await imp('lib/task/index.js'); const {grpo}=await imp('lib/advantage/grpo.js')
const {createDemand}=await imp('lib/control/demand.js'); const {entropyControl}=await imp('lib/control/entropy-control.js')
const {monitorEntropy}=await imp('operators/monitor-entropy.js'); const {prompts}=await imp('operators/prompts.js')
const {reward}=await imp('operators/reward.js'); const {rollout}=await imp('operators/rollout.js')
const {advantage}=await imp('operators/advantage.js'); const {toBatches}=await imp('operators/to-batches.js')
const {openLocal}=await imp('lib/policy/local/open-local.js'); const {orThrow}=await imp('lib/or-throw.js')
const {distinctPrompts}=await imp('lib/task/distinct.js'); const {logTokenBaseline_BT}=await imp('lib/entropy/log-token-baseline.js')
const {constantRate}=await imp('lib/optimizer/learning-rate.js'); const {passAtK}=await imp('lib/evaluation/pass-at-k.js')
const [,, name, file, split='test', T='1', P='128', verbose]=process.argv
const task=tasks[name].create(); const G=8
const model=await orThrow(openLocal({checkpoint:file,tokenizer:task.tokenizer,learningRate:constantRate(0),engine:'onnx',microBatch:256}))
const demand=createDemand({prompts:+P,inFlight:1}); const control=entropyControl(()=>({low:0,high:0}))
const qs=await orThrow(distinctPrompts(task.prompts(split,0),+P))
const batch=await lastValueFrom(prompts(qs,demand).pipe(take(1),rollout(model.policy,{group:G,temperature:+T,topK:0,topP:1,maxTokens:task.maxTokens,seed:0}),reward(task.verifier),advantage(grpo()),toBatches(demand),monitorEntropy(model.policy,control)))
const {responses,width,scores}=batch
const tb=logTokenBaseline_BT(batch)
let n=0,H=0,hi=0,above=0,dec=0; const faults={}; let correct=0,len=0; const by={}
let respAbove=0, posAbove=0,pos=0, H50=0
responses.forEach((r,b)=>{const L=r.completion.tokens.length; let lp=0,osb=0
 for(let t=0;t<L;t++){const i=b*width+t; n++;H+=scores.entropy_BT[i]; if(Math.exp(scores.logprobs_BT[i])>.9)hi++; if(scores.entropy_BT[i]>0.3){dec++;} if(scores.logprobs_BT[i]>tb[i])above++; lp+=scores.logprobs_BT[i]; osb+=tb[i]}
 len+=L; if(lp>osb)respAbove++; if(r.reward.correct){correct++;pos++; if(lp>osb)posAbove++}
 const f=r.reward.fault??(r.reward.correct?'correct':'other end'); faults[f]=(faults[f]??0)+1
 const k=r.prompt.id; (by[k]??=[]).push(r)})
const counts=Object.values(by).map(g=>g.filter(r=>r.reward.correct).length)
const pass=counts.filter(c=>c>0).length/counts.length
console.log(name,split,'T',T,'mean',(correct/responses.length).toFixed(3),'pass@8',pass.toFixed(3),'H/token',(H/n).toFixed(4),'p>.9',(hi/n).toFixed(3),'H>.3',(dec/n).toFixed(3),'above baseline tokens',(above/n).toFixed(3),'responses',(respAbove/responses.length).toFixed(3),'right ones',(posAbove/pos).toFixed(3),'len',(len/responses.length).toFixed(1),JSON.stringify(faults),'solved histogram',[0,1,2,3,4,5,6,7,8].map(k=>counts.filter(c=>c===k).length).join(' '))
if(verbose) for(const k of Object.keys(by).slice(0,8)) console.log(k, by[k].map(r=>r.completion.text+(r.reward.correct?'!':'')).join('  '))
await model.close()
