// Joins a handler of events to the contract: what the server calls is answered here.
import { Event } from './event.js';
import { configured, explain, pluginInfo } from './info.js';
import { Repository } from './repository.js';

/** Whether another attempt may do better. */
function failure(error) {
  if (error?.name === 'Retry') {
    const after = error.after === null ? null : Math.max(0, Math.round(Number(error.after) || 0));
    return { tag: 'retry', val: { after, message: error.message } };
  }
  // Where it came from.
  console.error(error);
  const message = explain(error);
  // The other side of a request did not answer.
  if (error?.code === 'failed') return { tag: 'retry', val: { after: null, message } };
  return { tag: 'permanent', val: message };
}

/** The exports of the world `events`. */
export function handler(plugin, about) {
  if (typeof plugin.handle !== 'function') throw new TypeError('src/plugin.js exports no function `handle`');
  return {
    pluginInfo: pluginInfo(plugin, about),
    eventHandler: {
      handle(event, repository) {
        try {
          const answer = plugin.handle(configured(plugin), new Event(event), repository ? new Repository(repository) : null);
          if (typeof answer?.then === 'function') throw new Error('handle must not be async: requests wait for their answer by themselves');
        } catch (error) {
          throw failure(error);
        }
      },
    },
  };
}
