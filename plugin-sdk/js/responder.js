// Joins a plugin that answers web requests to the contract: what the server calls is answered here.
import { configured, explain, pluginInfo } from './info.js';
import { Request, Response } from './web.js';

function answered(plugin, request) {
  const answer = plugin.handle(configured(plugin), new Request(request));
  if (typeof answer?.then === 'function') throw new Error('handle must not be async: requests wait for their answer by themselves');
  if (!(answer instanceof Response)) throw new TypeError('handle returned no Response: import it from .hardie/sdk/web.js, as in Response.text(200, "…")');
  return answer.wire();
}

/** The exports of the world `web`. */
export function responder(plugin, about) {
  if (typeof plugin.handle !== 'function') throw new TypeError('src/plugin.js exports no function `handle`');
  return {
    pluginInfo: pluginInfo(plugin, about),
    webHandler: {
      handle(request) {
        try {
          return answered(plugin, request);
        } catch (error) {
          // Where it came from.
          console.error(error);
          throw explain(error);
        }
      },
    },
  };
}
