// What the figures take from d3; `npm ci && npm run build` makes d3.js of it.
export { contours } from "d3-contour";
export { ticks } from "d3-array";
