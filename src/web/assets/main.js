// What scripts add to pages that are complete without them.
import { enableCopying } from "./copy.js";
import { followEvents } from "./live.js";
import { followLog } from "./log.js";
import { keepTimesCurrent } from "./times.js";

enableCopying(document);
keepTimesCurrent(document);
followEvents(document);
followLog(document);
