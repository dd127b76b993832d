"""What a clip shows: networks that look at pictures or at latents and answer questions, and how answers are read."""
