// openai's client for Node does what a user does. Arguments: base URL, key. Prints one JSON object.
import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const model = "gpt-oss";
const question = "What is Alice's e-mail address?";
const messages = [{ role: "user", content: question }];
const weather = {
  name: "get_weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const asked = [{ role: "user", content: "What is the weather in Paris?" }];
const said = {};

said.chat = (await client.chat.completions.create({ model, messages })).choices[0].message.content;

let streamed = "";
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
}
said.chatStreamed = streamed;
said.chatHelper = await client.chat.completions.stream({ model, messages }).finalContent();

const called = [];
const tools = [{
  type: "function",
  function: { ...weather, parse: JSON.parse, function: (given) => { called.push(given); return '{"degrees": 21}'; } },
}];
said.toolLoop = await client.chat.completions.runTools({ model, messages: asked, tools }).finalContent();
said.toolLoopStreamed = await client.chat.completions.runTools({ model, messages: asked, tools, stream: true }).finalContent();
said.called = called;

said.response = (await client.responses.create({ model, input: question })).output_text;
const stream = client.responses.stream({ model, input: question });
let deltas = "";
stream.on("response.output_text.delta", (event) => { deltas += event.delta; });
const final = await stream.finalResponse();
said.responseStreamed = final.output_text;
said.responseDeltas = deltas;
said.responseStatus = final.status;

const input = [...asked];
const first = await client.responses.create({ model, input, tools: [{ type: "function", ...weather, strict: false }] });
const call = first.output.find((item) => item.type === "function_call");
input.push(call, { type: "function_call_output", call_id: call.call_id, output: '{"degrees": 21}' });
const second = await client.responses.create({ model, input, tools: [{ type: "function", ...weather, strict: false }] });
said.responseToolLoop = second.output_text;

try {
  await client.responses.create({ model, input: question, previous_response_id: "resp_1" });
} catch (error) {
  said.refused = { kind: error.constructor.name, status: error.status, code: error.code, param: error.param };
}
console.log(JSON.stringify(said));
