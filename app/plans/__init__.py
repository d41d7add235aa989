"""Plans, services and the periods they were bought for."""
