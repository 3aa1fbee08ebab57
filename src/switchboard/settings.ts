import type { Config } from "../config.ts";

/** What the core takes from the settings. */
export const coreSettings = (config: Config) => ({
  settings: {
    path: config.WS_PATH,
    authMs: config.AUTH_TIMEOUT_MS,
    heartbeatMs: config.HEARTBEAT_INTERVAL_MS,
    maxContentLength: config.MAX_CONTENT_LENGTH,
    // A client that has room for one more frame can take the largest frame.
    maxFrameBytes: Math.floor(config.MAX_BUFFERED_BYTES * 0.75),
    batchMs: config.BATCH_INTERVAL_MS,
    maxGiftsPerSecond: config.MAX_GIFTS_PER_SECOND,
    connectionsPerMinute: config.CONNECTION_RATE_LIMIT,
    messagesPerMinute: config.MESSAGE_RATE_LIMIT,
    encryption: {
      rotationMs: config.ENCRYPTION_ROTATION_MS,
      compression: config.ENCRYPTION_COMPRESSION,
      maxPlainBytes: config.MAX_MESSAGE_BYTES,
    },
  },
  limits: {
    messagesPerMinute: config.MESSAGE_RATE_LIMIT,
    burst: config.MESSAGE_BURST_LIMIT,
    broadcastsPerMinute: config.ROOM_RATE_LIMIT,
    connectionsPerUser: config.MAX_CONNECTIONS_PER_USER,
    bufferedBytes: config.MAX_BUFFERED_BYTES,
    messageBytes: config.MAX_MESSAGE_BYTES,
    resumedEvents: config.RESUME_LIMIT,
  },
});
