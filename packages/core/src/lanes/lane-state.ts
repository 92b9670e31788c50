/** Names the states of a lane. lane.ts draws them and makes every move. */
export type LaneState = 'starting' | 'ready' | 'retiring' | 'ending' | 'gone';
